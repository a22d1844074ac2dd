//! A live cluster, over krafka.
