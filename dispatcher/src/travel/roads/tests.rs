//! The graph beside plain models of it, on small random towns: what is nearest, how long the way is, what a file holds.

mod files;
mod searching;
mod several;
mod snapping;
mod towns;
mod turning;
mod water;
mod ways;
