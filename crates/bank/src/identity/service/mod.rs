//! What can be done about people, proofs, sessions and keys.

mod api_keys;
mod attempt;
mod confirm;
mod epoch;
mod mailing;
mod password;
mod principal;
mod profile;
mod recall;
mod register;
mod second_factor;
mod session;
mod sign_in;
mod staff;
mod upkeep;

pub use api_keys::{NewApiKey, create as create_api_key, list as list_api_keys, revoke as revoke_api_key};
pub use attempt::throttle;
pub use confirm::{admit, has_second_factor, note_failure, take_code_of};
pub use epoch::{lower_standing, poll_epoch, watch_epoch};
pub use mailing::{
    MailingError, Order as MailOrder, SEND_MAIL, Template as MailTemplate, mail_user, send as send_mail,
};
pub use password::{change as change_password, forgot as forgot_password, reset as reset_password};
pub use principal::{KEY_PREFIX, caller_of, console_token, member_of, permissions_of};
pub use profile::{ProfileChange, find as find_me, step_up_threshold_minor, update as update_me};
pub use recall::recall;
pub use register::{NewUser, Registration, create as create_user, register, verify_email};
pub use second_factor::{
    Enrolment, confirm_enrolment, enrol as enrol_second_factor, remove as remove_second_factor,
    renew_recovery_codes, shown_at, typed,
};
pub use session::{
    SignedIn, csrf_token, end as end_session, end_all as end_all_sessions, is_csrf_token,
    list as list_sessions, refresh, sign_out,
};
pub use sign_in::{FirstStep, SecondStep, SignIn, second_step, sign_in};
pub use staff::{
    Invite, UserDetail, assign_roles, count_customers, end_sessions_of, find as find_user, invite,
    list as list_users, list_invitations, reinstate, reset_second_factor, suspend, write_note,
};
pub use upkeep::sweep;
