"""Pass lines on, each with the time at which it came: SECONDS, tab, line."""
import sys
import time

for line in sys.stdin:
    print(f"{time.time():.6f}\t{line}", end="", flush=True)
