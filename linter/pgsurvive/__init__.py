"""pgsurvive reads backup and recovery configuration and says which disasters it would not survive."""

__version__ = "0.1.0"
