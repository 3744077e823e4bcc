//! People who can sign in.

use kernel::{Instant, UserId};
use sea_orm::entity::prelude::*;

/// Says which side of the counter somebody is on; it never changes.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// Owns accounts.
    #[sea_orm(string_value = "customer")]
    Customer,
    /// Works for the bank.
    #[sea_orm(string_value = "staff")]
    Staff,
}

/// Says whether somebody may sign in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// Registered; the address is not verified yet.
    #[sea_orm(string_value = "pending_verification")]
    PendingVerification,
    /// May sign in.
    #[sea_orm(string_value = "active")]
    Active,
    /// Stopped by staff.
    #[sea_orm(string_value = "suspended")]
    Suspended,
}

/// Mirrors the table `users`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The person's name in the program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// Customer or staff.
    pub kind: UserKind,
    /// The address as it was typed.
    pub email: String,
    /// The address in lower case, which is unique.
    pub email_key: String,
    /// First and last names.
    pub full_name: String,
    /// Name and address in lower case, for the search.
    pub search_key: String,
    /// Country of residence, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Preferred language, BCP 47.
    pub locale: Option<String>,
    /// Whether the person may sign in.
    pub status: UserStatus,
    /// When the address was proved, by a mailed token, an invitation or whoever made the user.
    pub verified_at: Option<Instant>,
    /// The password's argon2id hash, as a PHC string.
    pub password_hash: String,
    /// When the password was set.
    pub password_changed_at: Instant,
    /// The sealed seed of the second factor, confirmed or not.
    pub totp_seed: Option<String>,
    /// From when on the second factor is asked for.
    pub totp_confirmed_at: Option<Instant>,
    /// The last time step whose code was taken.
    pub totp_last_step: Option<i64>,
    /// Rises with everything that ends half-done sign-ins.
    pub stamp: i64,
    /// Above which amount this customer's payments need a step-up; the bank's threshold when absent.
    pub step_up_threshold_minor: Option<i64>,
    /// When the person registered or was made.
    pub created_at: Instant,
    /// When the row changed last.
    pub updated_at: Instant,
}

/// None: other slices point at users by id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub use Model as User;

impl Model {
    /// Says whether a second factor is enrolled and confirmed.
    pub fn has_second_factor(&self) -> bool {
        self.totp_confirmed_at.is_some()
    }

    /// Lists what nobody should build this person's password from.
    pub fn own_words(&self) -> Vec<&str> {
        own_words(&self.email, &self.full_name)
    }
}

/// Splits an address and a name into the words that make a password guessable.
pub fn own_words<'a>(email: &'a str, full_name: &'a str) -> Vec<&'a str> {
    let mut words: Vec<&str> = full_name.split_whitespace().collect();
    words.extend(email.split(['@', '.', '+', '-', '_']).filter(|word| word.len() > 2));
    words.extend([email, full_name]);
    words
}

/// Roles that people hold.
pub mod role {
    use kernel::UserId;
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `user_roles`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_roles")]
    pub struct Model {
        /// Who.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// Which role, see [`crate::Role`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Passwords that were replaced.
pub mod old_password {
    use kernel::{Instant, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `old_passwords`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "old_passwords")]
    pub struct Model {
        /// Whose.
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: UserId,
        /// When another took its place.
        #[sea_orm(primary_key, auto_increment = false)]
        pub replaced_at: Instant,
        /// The argon2id hash.
        pub password_hash: String,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Notes that staff wrote on people.
pub mod note {
    use kernel::{Instant, NoteId, UserId};
    use sea_orm::entity::prelude::*;

    /// Mirrors the table `user_notes`.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_notes")]
    pub struct Model {
        /// The note's name.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: NoteId,
        /// On whom.
        pub user_id: UserId,
        /// By whom.
        pub author_id: UserId,
        /// The text.
        pub body: String,
        /// When.
        pub created_at: Instant,
    }

    /// None.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use note::Model as Note;
