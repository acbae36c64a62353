"""``make bench``: every benchmark, one after the other."""

from benchmarks import detector, ingest

detector.main()
ingest.main()
