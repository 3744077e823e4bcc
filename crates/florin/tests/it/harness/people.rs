//! People who are signed in.

use bank::identity::model::UserStatus;
use bank::identity::service::{self, NewUser};
use bank::{Caller, Role};
use kernel::{Actor, RequestId, Secret, SessionId, UserId};
use serde_json::json;

use super::{App, Call};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "quartz plover umbrella";

/// Holds somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub user_id: UserId,
    pub email: String,
    pub session_id: SessionId,
    pub token: String,
    pub refresh_token: String,
}

impl App {
    /// Makes a customer by that name, verified, and signs in. Two of one name are two people.
    pub async fn customer(&self, name: &str) -> Person {
        self.person(name, vec![Role::Customer]).await
    }

    /// Speaks for a customer below the routes.
    pub fn caller_of(&self, person: &Person) -> Caller {
        Caller {
            actor: Actor::Customer(person.user_id),
            user_id: Some(person.user_id),
            session_id: Some(person.session_id),
            permissions: Role::Customer.permissions(),
            ..Caller::system(RequestId::generate(self.bank.now(), &self.bank.random))
        }
    }

    /// Makes a member of staff with one role and signs in.
    pub async fn staff(&self, role: Role) -> Person {
        self.person(role.as_str(), vec![role]).await
    }

    /// Makes a user with these roles and signs in.
    pub async fn person(&self, name: &str, roles: Vec<Role>) -> Person {
        let (user_id, email) = self.user(name, roles, None).await;
        self.sign_in(user_id, &email).await
    }

    /// Makes a user without signing in, with a second factor when a seed is given.
    pub async fn user(&self, name: &str, roles: Vec<Role>, totp_seed: Option<Vec<u8>>) -> (UserId, String) {
        let bank = &self.bank;
        let unique = u32::from_be_bytes(bank.random.bytes());
        let email = format!("{}.{unique:08x}@example.com", name.to_lowercase().replace(' ', "."));
        let password_hash = bank.guard.passwords().hash(&Secret::new(PASSWORD.to_owned())).await.unwrap();
        let new = NewUser {
            email: email.parse().unwrap(),
            full_name: name.parse().unwrap(),
            password_hash,
            country: Some("GB".parse().unwrap()),
            locale: None,
            roles,
            totp_seed: totp_seed.map(Secret::new),
            status: UserStatus::Active,
        };
        let caller = Caller::system(RequestId::generate(bank.now(), &bank.random));
        let tx = bank.db.begin().await.unwrap();
        let user_id = service::create_user(bank, &tx, &caller, new).await.unwrap();
        tx.commit().await.unwrap();
        (user_id, email)
    }

    /// Signs in by password alone.
    pub async fn sign_in(&self, user_id: UserId, email: &str) -> Person {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.post("/api/v1/auth/login").json(&body).send().await.expect(200).json();
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        Person {
            user_id,
            email: email.to_owned(),
            session_id: text("session_id").parse().unwrap(),
            token: text("access_token"),
            refresh_token: text("refresh_token"),
        }
    }

    /// Shows every row of a table as text, byte columns too where they are text.
    pub async fn rows(&self, table: &str) -> String {
        use sea_orm::{FromQueryResult, JsonValue, Statement};
        let db = self.bank.db.read();
        let statement = Statement::from_string(db.get_database_backend(), format!("select * from {table}"));
        let rows = JsonValue::find_by_statement(statement).all(db).await.unwrap();
        rows.iter().map(JsonValue::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl Call<'_> {
    /// Sends the request as this person.
    pub fn by(self, person: &Person) -> Self {
        self.bearer(&person.token)
    }
}
