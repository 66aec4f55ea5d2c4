"""A production's topology on one machine; processes are killed while patients write."""
