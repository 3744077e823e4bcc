-- The dead letter is looked at, and must be found among months of finished work.
create index jobs_dead on jobs (id) where state = 'dead';
