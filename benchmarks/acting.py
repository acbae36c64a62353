"""In whose name benchmarks record what they measure."""

from service.domain.identity.actor import Actor

BENCHMARK = Actor("account:benchmark", "a benchmark", "password")
