//! Values → text, tables, JSON, progress.
