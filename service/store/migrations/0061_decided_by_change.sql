-- What was decided is found by the change that its signatures are of, and by nothing else does a signer come to it.
CREATE UNIQUE INDEX dispositions_by_change ON dispositions (change_id);
