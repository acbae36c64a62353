"""``make bench``: every benchmark, one after the other."""

from benchmarks import detector, evaluate, ingest, latency

detector.main()
evaluate.main()
ingest.main()
latency.main()
