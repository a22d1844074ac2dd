//! Arguments, settings, prompts, signals, exit codes.
