"""``make bench``: every benchmark, one after the other."""

from benchmarks import acts, api, custody, detector, evaluate, ingest, latency, pulse

detector.main()
evaluate.main()
pulse.main()
api.main()
acts.main()
custody.main()
ingest.main()
latency.main()
