"""How copies of a callback in worker processes tell the original what they saw."""

import os
import threading
import weakref
from multiprocessing import AuthenticationError, parent_process
from multiprocessing.connection import Client, Listener

# Of this process: the addresses it listens at, and its connections to other processes. A forked
# child inherits both tables but owns nothing in them, hence the process ids.
_held = {}
_connections = {}
_lock = threading.RLock()


class Mailbox:
    """Hands messages to `consume`, in the process that made the mailbox.

    There, `post` is a call. `share` opens a local, authenticated socket; a copy reopened in
    another process posts to it and waits for the receipt, so that whoever waits for the worker
    has all of its messages. A copy that finds nobody listening, or that is loaded by the process
    that listens or by one that is no worker, is at home where it is.

    Parameters
    ----------
    consume : bound method
        Takes one message; may run in any thread. It is held weakly: the socket closes with its
        owner.
    """

    def __init__(self, consume):
        self._consume = weakref.WeakMethod(consume)
        self._home = os.getpid()
        self._listening = None
        self._remote = None

    @classmethod
    def reopen(cls, state, consume):
        """The mailbox of an unpickled owner; `state` is what `share` gave when it was pickled."""
        self = cls(consume)
        if parent_process() is not None and _reach(state) is not None:
            self._remote = state
        return self

    def post(self, message):
        """Deliver a message; returns when it has been consumed."""
        if not self._post_away(message):
            consume = self._consume()
            if consume is not None:
                consume(message)

    def _post_away(self, message):
        state = self._remote
        if state is None and self._listening is not None and self._home != os.getpid():
            state = self._listening.state
        if state is None:
            return False
        with _lock:
            connection = _reach(state)
            if connection is None:
                return False
            try:
                connection.send(message)
                connection.recv()
            except (EOFError, OSError):
                _connections.pop((os.getpid(), state), None)
                return False
        return True

    def share(self):
        """Address and key with which `reopen` finds the way back, to be put in a pickle."""
        if self._remote is not None:
            return self._remote
        with _lock:
            if self._listening is None:
                self._listening = _Listening(self._consume)
                closing = weakref.finalize(self._consume().__self__, self._listening.close)
                closing.atexit = False  # the threads are daemons, and the socket file is temporary
        return self._listening.state


class _Listening:
    """An open socket, with one thread that accepts workers and one for each of them."""

    def __init__(self, consume):
        key = os.urandom(32)
        # Workers connect all at once; the default backlog of 1 would refuse some of them.
        self._socket = Listener(authkey=key, backlog=128)
        self.state = (self._socket.address, key)
        _held[self.state[0]] = os.getpid()
        threading.Thread(target=_accept, args=(self._socket, consume), daemon=True).start()

    def close(self):
        address, key = self.state
        if _held.get(address) == os.getpid():
            del _held[address]
            # Closing does not wake a thread that waits in accept; a visitor does. Not from this
            # thread, which may be that very one when the garbage collector runs in it.
            threading.Thread(target=_visit, args=(self._socket, key), daemon=True).start()


def _visit(socket, key):
    try:
        Client(socket.address, authkey=key).close()
    except (OSError, EOFError, AuthenticationError):
        return
    finally:
        socket.close()


def _accept(socket, consume):
    while True:
        try:
            connection = socket.accept()
        except (AuthenticationError, ConnectionError, EOFError):
            continue
        except OSError:
            return
        if consume() is None:
            connection.close()
            return
        threading.Thread(target=_receive, args=(connection, consume), daemon=True).start()


def _receive(connection, consume):
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            return
        consumer = consume()
        if consumer is None:
            return
        consumer(message)
        del consumer, message
        connection.send(None)


def _reach(state):
    """The connection to a listener of another process; None if there is none."""
    address, key = state
    if _held.get(address) == os.getpid():
        return None
    with _lock:
        here = (os.getpid(), state)
        if here not in _connections:
            try:
                _connections[here] = Client(address, authkey=key)
            except (OSError, EOFError, AuthenticationError):
                return None
        return _connections[here]


class Gathering:
    """Base of callbacks that gather what they see in the process where they were made.

    A subclass posts by `_post` and takes messages in `_receive`; what must not travel (locks,
    displays, the state of running fits) it makes in `_reset`.
    """

    _stays = ()  # names of the attributes that `_reset` makes

    def __init__(self):
        self._reset()
        self._mailbox = Mailbox(self._receive)

    def _reset(self):
        """Make the attributes named in `_stays`."""

    def _post(self, message):
        self._mailbox.post(message)

    def _receive(self, message):
        raise NotImplementedError

    def __getstate__(self):
        state = {name: value for name, value in vars(self).items() if name not in self._stays}
        state["_mailbox"] = self._mailbox.share()
        return state

    def __setstate__(self, state):
        state = dict(state)
        way_back = state.pop("_mailbox")
        vars(self).update(state)
        self._reset()
        self._mailbox = Mailbox.reopen(way_back, self._receive)
