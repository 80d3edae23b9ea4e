//! Where things are kept: contents in the object store, sessions in the session store, all else in the database.

pub mod database;
pub mod disk;
pub mod memory;
pub mod objects;
pub mod records;
pub mod sessions;
