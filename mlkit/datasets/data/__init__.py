"""Files of the bundled data sets; README.md says where each comes from."""
