"""What leaves the dashboard: a script, every term as a file, each made from the shown configs."""
