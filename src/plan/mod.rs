//! The difference between Desired and Observed, as data. Pure.
