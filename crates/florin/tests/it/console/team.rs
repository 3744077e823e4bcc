//! The bank's staff: who they are, inviting, roles, and API keys.

use bank::Role;

use crate::harness::{App, key_of};

const CANARY: &str = r#"<script>alert('x')</script>"{{7*7}}"#;

#[tokio::test]
async fn staff_is_listed_found_and_shown_and_customers_are_not_among_them() {
    let app = App::new().await;
    let grace = app.person("Grace Hopper", vec![Role::Operations, Role::Auditor]).await;
    let ada = app.customer("Ada Lovelace").await;
    let clerk = app.clerk_as(Role::Support).await;
    for path in ["/admin/team?q=hopper", "/admin/search?q=hopper"] {
        let page = app.page(&clerk, path).await.expect(200).text();
        assert!(page.contains(&format!("/admin/team/{}", grace.user_id)), "{path}: {page}");
        assert!(page.contains("Auditor, Operations"), "{path}: {page}");
    }
    let all = app.page(&clerk, "/admin/team").await.expect(200).text();
    assert!(!all.contains("Ada Lovelace") && !all.contains("Invite somebody"), "{all}");
    let member = app.page(&clerk, &format!("/admin/team/{}", grace.user_id)).await.expect(200).text();
    assert!(member.contains(&grace.email) && !member.contains("Change roles"), "{member}");
    app.page(&clerk, &format!("/admin/team/{}", ada.user_id)).await.expect(404);
}

#[tokio::test]
async fn somebody_is_invited_once_a_form_and_stands_there_until_they_come() {
    let app = App::new().await;
    let (admin, support) = (app.clerk_as(Role::Admin).await, app.clerk_as(Role::Support).await);
    let (team, path) = ("/admin/team", "/admin/team/invitations");
    let key = key_of(&app.page(&admin, team).await.expect(200).text());
    let form = |key| {
        [
            ("email", "linus@example.com"),
            ("roles", "support"),
            ("roles", "auditor"),
            ("reason", CANARY),
            ("idempotency_key", key),
        ]
    };
    app.submit(&support, path, &form("forged")).await.expect(403);
    for (fields, told) in [
        (vec![("email", "<script>"), ("roles", "support"), ("reason", "joins")], "Not an e-mail address"),
        (vec![("email", "linus@example.com"), ("reason", CANARY)], "Choose at least one role"),
        (vec![("email", "linus@example.com"), ("roles", "customer"), ("reason", CANARY)], "do not fit"),
    ] {
        let mut fields = fields;
        fields.push(("idempotency_key", "a-key-of-this-form"));
        let refused = app.submit(&admin, path, &fields).await.expect(422).text();
        assert!(refused.contains(told) && !refused.contains("<script>"), "{told}: {refused}");
        assert!(refused.contains(r#"name="actions" open"#), "{refused}");
        let kept = if fields[0].1 == "<script>" { "&#60;script&#62;" } else { "linus@example.com" };
        assert!(refused.contains(&format!(r#"value="{kept}""#)), "what was typed is kept: {refused}");
    }
    for _ in 0..2 {
        let done = app.submit(&admin, path, &form(&key)).await.expect(303);
        assert_eq!(done.header("location"), team);
    }
    app.run_jobs().await;
    let mails = app.mails();
    assert_eq!(
        mails.iter().filter(|mail| mail.contains("linus@example.com")).count(),
        1,
        "sent twice, mailed once"
    );
    let page = app.page(&admin, team).await.expect(200).text();
    assert!(page.contains("linus@example.com") && page.contains("Support, Auditor"), "{page}");
}

#[tokio::test]
async fn roles_are_changed_with_a_reason_by_an_administrator_and_never_ones_own() {
    let app = App::new().await;
    let grace = app.staff(Role::Support).await;
    let boss = app.staff(Role::Admin).await;
    let (admin, operator) = (app.clerk(&boss.email).await, app.clerk_as(Role::Operations).await);
    let page = format!("/admin/team/{}", grace.user_id);
    let path = format!("{page}/roles");
    let shown = app.page(&admin, &page).await.expect(200).text();
    assert!(
        shown.contains(r#"value="support" checked"#) && !shown.contains(r#"value="auditor" checked"#),
        "{shown}"
    );
    app.submit(&operator, &path, &[("roles", "admin"), ("reason", "please")]).await.expect(403);
    let refused = app.submit(&admin, &path, &[("roles", "auditor"), ("reason", "")]).await.expect(422).text();
    assert!(refused.contains(r#"value="auditor" checked"#), "what was ticked is kept: {refused}");
    let none = app.submit(&admin, &path, &[("reason", "none")]).await.expect(422).text();
    assert!(none.contains("Choose at least one role"), "{none}");
    app.submit(&admin, &path, &[("roles", "auditor"), ("roles", "compliance"), ("reason", CANARY)])
        .await
        .expect(303);
    let shown = app.page(&admin, &page).await.expect(200).text();
    assert!(shown.contains(r#"value="auditor" checked"#) && shown.contains("user.assign_roles"), "{shown}");
    assert!(shown.contains("&#60;script&#62;") && !shown.contains("<script>"), "{shown}");
    let own = format!("/admin/team/{}", boss.user_id);
    assert!(app.page(&admin, &own).await.expect(200).text().contains("This is you"));
    let oneself = app.submit(&admin, &format!("{own}/roles"), &[("roles", "auditor"), ("reason", "x")]).await;
    assert!(oneself.expect(422).text().contains("Nobody changes their own roles"));
}

#[tokio::test]
async fn a_member_is_suspended_reinstated_and_signed_out() {
    let app = App::new().await;
    let grace = app.staff(Role::Support).await;
    let clerk = app.clerk(&grace.email).await;
    let admin = app.clerk_as(Role::Admin).await;
    let page = format!("/admin/team/{}", grace.user_id);
    app.submit(&admin, &format!("{page}/end-sessions"), &[("reason", "lost laptop")]).await.expect(303);
    app.page(&clerk, "/admin/team").await.expect(303);
    app.submit(&admin, &format!("{page}/suspend"), &[("reason", "left")]).await.expect(303);
    app.submit(&admin, &format!("{page}/suspend"), &[("reason", "left")]).await.expect(409);
    assert!(app.page(&admin, &page).await.text().contains("Suspended"));
    app.submit(&admin, &format!("{page}/reinstate"), &[("reason", "came back")]).await.expect(303);
    app.clerk(&grace.email).await;
    let none = app.submit(&admin, &format!("{page}/reset-second-factor"), &[("reason", "lost")]).await;
    assert!(none.expect(409).text().contains("No second factor"));
}

#[tokio::test]
async fn the_table_of_roles_says_who_may_do_what_as_the_program_judges_it() {
    let app = App::new().await;
    let clerk = app.clerk_as(Role::Support).await;
    let page = app.page(&clerk, "/admin/team/roles").await.expect(200).text();
    let api = app.get("/api/v1/roles").by(&app.staff(Role::Support).await).send().await.expect(200).json();
    let staff: Vec<_> =
        api["items"].as_array().unwrap().iter().filter(|row| row["role"] != "customer").collect();
    let granted: usize = staff.iter().map(|row| row["permissions"].as_array().unwrap().len()).sum();
    assert_eq!(page.matches(r#"class="held""#).count(), granted);
    assert!(page.contains("Decide as the second person.") && page.contains("approvals:decide"), "{page}");
    assert!(!page.contains("own_accounts:read"), "what only customers may is not staff's table");
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_is_revoked() {
    let app = App::new().await;
    let clerk = app.clerk_as(Role::Auditor).await;
    let keys = "/admin/team/api-keys";
    let page = app.page(&clerk, keys).await.expect(200).text();
    assert!(
        page.contains("audit:read") && !page.contains("users:invite") && !page.contains("api_keys:manage")
    );
    let key = key_of(&page);
    let form = [
        ("name", CANARY),
        ("expires_in_days", "30"),
        ("scopes", "users:read"),
        ("scopes", "audit:read"),
        ("idempotency_key", key.as_str()),
    ];
    for (wrong, told) in [(2..2, "must end within"), (2..4, "Choose at least one")] {
        let mut fields = form.to_vec();
        fields[1].1 = if wrong.is_empty() { "1000" } else { "30" };
        fields.drain(wrong);
        fields.last_mut().unwrap().1 = "another-key-of-a-form";
        let refused = app.submit(&clerk, keys, &fields).await.expect(422).text();
        assert!(refused.contains(told), "{told}: {refused}");
        assert!(refused.contains("&#60;script&#62;") && !refused.contains("<script>"), "{refused}");
    }
    let made = app.submit(&clerk, keys, &form).await.expect(200).text();
    let (_, rest) = made.split_once("fk_").expect("the key's text");
    let text = format!("fk_{}", rest.split(['<', '"']).next().unwrap());
    assert!(made.contains("&#60;script&#62;") && !made.contains("<script>"), "{made}");
    app.get("/api/v1/audit-log").bearer(&text).send().await.expect(200);
    let again = app.submit(&clerk, keys, &form).await.expect(303);
    assert_eq!(again.header("location"), keys, "sent twice, made once");
    let list = app.page(&clerk, keys).await.expect(200).text();
    assert_eq!(list.matches("/revoke").count(), 1, "{list}");
    assert!(!list.contains(&text), "the text is gone");
    let (before, _) = list.split_once("/revoke").unwrap();
    let id = before.rsplit_once('/').unwrap().1.to_owned();
    let stranger = app.clerk_as(Role::Admin).await;
    app.submit(&stranger, &format!("{keys}/{id}/revoke"), &[]).await.expect(404);
    app.submit(&clerk, &format!("{keys}/{id}/revoke"), &[]).await.expect(303);
    app.get("/api/v1/audit-log").bearer(&text).send().await.expect(401);
    app.submit(&clerk, &format!("{keys}/{id}/revoke"), &[]).await.expect(404);
    let none = app.page(&clerk, keys).await.expect(200).text();
    assert!(none.contains("No keys"), "{none}");
    let wide =
        [("name", "x"), ("scopes", "users:invite"), ("expires_in_days", "1"), ("idempotency_key", "wide")];
    let refused = app.submit(&clerk, keys, &wide).await.expect(422).text();
    assert!(refused.contains("cannot do more than its owner"), "{refused}");
}
