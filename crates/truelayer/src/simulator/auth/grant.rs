//! The end of a visit: consent given or refused, and the way back.

use url::Url;

use crate::auth_link::ResponseMode;
use crate::simulator::consent::{ConsentStatus, Credential};
use crate::simulator::mock_user::MockUser;
use crate::simulator::modes::ReturnMode;
use crate::simulator::provider::FakeBank;
use crate::simulator::shared::Shared;
use crate::simulator::token;
use crate::simulator::world::{Grant, Session, World};

/// Says how a visit ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Outcome {
    /// The user consents, to these accounts and cards; `None` is all.
    Granted(Option<Vec<String>>),
    /// The user does not.
    Cancelled,
}

/// Says how the user comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum Return {
    /// By a redirect.
    To(Url),
    /// By a form that is posted.
    Form { action: Url, fields: Vec<(&'static str, String)> },
    /// Not at all.
    Nowhere,
}

/// Ends a visit; `None` when it is unknown, over, or nobody has signed in.
pub(in crate::simulator) fn complete(shared: &Shared, session_id: &str, outcome: Outcome) -> Option<Return> {
    let now = shared.now();
    let mut world = shared.world();
    let ready = world.sessions.get(session_id)?.clone();
    let granted = match outcome {
        Outcome::Cancelled => None,
        Outcome::Granted(chosen) => Some((chosen, ready.bank?, ready.user.clone()?)),
    };
    let session = world.sessions.remove(session_id)?;
    world.spent_links.insert(session.link.clone());
    let mut fields = Vec::new();
    if let Some((chosen, bank, user)) = granted {
        let id = link(&mut world, shared, &session, (bank, user))?;
        if chosen.is_some()
            && let Some(credential) = world.consents.credentials.get_mut(&id)
        {
            credential.chosen = chosen;
        }
        let code = token::code(&shared.random);
        world.codes.insert(code.clone(), Grant::new(&session, id, now));
        fields.extend([("code", code), ("scope", session.scopes.to_string())]);
    } else {
        fields.push(("error", "access_denied".to_owned()));
    }
    let returns = world.modes.returns;
    if returns == ReturnMode::StateOnly {
        fields.clear();
    }
    fields.extend(session.state.map(|state| ("state", state)));
    Some(match (returns, session.response_mode) {
        (ReturnMode::Never, _) => Return::Nowhere,
        (_, ResponseMode::FormPost) => Return::Form { action: session.redirect_uri, fields },
        (_, ResponseMode::Query) => {
            let mut url = session.redirect_uri;
            url.query_pairs_mut().extend_pairs(&fields);
            Return::To(url)
        }
    })
}

/// Makes the link between program and accounts, or renews the one that is meant.
fn link(
    world: &mut World,
    shared: &Shared,
    session: &Session,
    (bank, user): (&'static FakeBank, MockUser),
) -> Option<String> {
    let now = shared.now();
    world.book(bank, &user, now);
    if let Some(id) = &session.renews {
        let credential = world.consents.credentials.get_mut(id)?;
        // Somebody else's accounts are not a renewal.
        if credential.user.username != user.username {
            return None;
        }
        credential.renew(now, true);
        return Some(id.clone());
    }
    if bank.one_consent {
        let former = world.consents.credentials.values_mut();
        let same = |credential: &&mut Credential| credential.bank == bank && credential.user == user;
        former.filter(same).for_each(|credential| credential.end(ConsentStatus::Replaced, now));
    }
    let id = token::credentials_id(&shared.random);
    let credential = Credential::new(id.clone(), bank, user, session.scopes.clone(), now);
    world.consents.credentials.insert(id.clone(), credential);
    Some(id)
}
