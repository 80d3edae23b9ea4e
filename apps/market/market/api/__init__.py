"""The API and the admin."""
