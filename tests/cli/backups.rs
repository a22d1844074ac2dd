//! `backup` and `rollback`, on the cluster in memory.
