"""The morning check of a site: what is shown, what was odd, and which days have one."""
