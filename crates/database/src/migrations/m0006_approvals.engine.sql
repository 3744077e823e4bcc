-- What waits is looked at often, by staff and by the expiry, and is little among much that is decided.
create index approvals_pending on approvals (expires_at) where state = 'pending';
