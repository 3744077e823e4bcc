//! Sets of permissions and roles as they are stored: names, separated by spaces.

use crate::{Permission, Permissions, Role};

/// Spells a set of permissions out.
pub fn scope_text(scopes: Permissions) -> String {
    scopes.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
}

/// Reads a set of permissions back; a name that no longer exists grants nothing.
pub fn parse_scopes(text: &str) -> Permissions {
    text.split(' ').filter_map(|name| name.parse::<Permission>().ok()).collect()
}

/// Spells roles out.
pub fn role_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

/// Reads roles back.
pub fn parse_roles(text: &str) -> Vec<Role> {
    text.split(' ').filter_map(|name| name.parse::<Role>().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_roles_survive_their_text() {
        let scopes: Permissions =
            [Permission::ReadOwnAccounts, Permission::PayFromOwnAccounts].into_iter().collect();
        assert_eq!(parse_scopes(&scope_text(scopes)), scopes);
        assert_eq!(parse_scopes("no:such own_accounts:read").iter().count(), 1);
        assert_eq!(parse_roles(&role_text(&[Role::Support, Role::Admin])), [Role::Support, Role::Admin]);
        assert_eq!(parse_roles(""), []);
    }
}
