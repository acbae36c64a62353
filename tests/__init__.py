"""Facts about cold chains, as tests. `oracle` is the slow judge the fast one is compared with."""
