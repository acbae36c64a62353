-- A morning check that somebody recorded is told to the pages that show it; the id of such a hint is that of the site.

CALL keep_hints('checks', 'check', 'site_id');
