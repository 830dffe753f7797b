"""The invented company of `make run`: its people, its rules, and what its customers write."""
