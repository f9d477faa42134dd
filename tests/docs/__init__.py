"""The document runner: executes what the pages show, on real servers, and says where they are wrong."""
