"""In whose name tests record what they record, where it is not what they are about."""

from service.domain.identity.actor import Actor

TESTER = Actor("account:tester", "T. Tester", "password")
