-- Nothing is freed but by a signature that is there.
ALTER TABLE changes_to_sign ADD CONSTRAINT changes_to_sign_freed_by_fkey FOREIGN KEY (freed_by) REFERENCES signatures;
