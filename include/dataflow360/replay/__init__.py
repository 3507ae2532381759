"""Bring refused records back: judge them again, land those that pass, settle the others."""
