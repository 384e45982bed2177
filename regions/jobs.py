"""What the ground carries out by itself."""

from regions.people.history import nightly as nightly
