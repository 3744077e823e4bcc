//! Takes the pictures of the documentation: `cargo xtask screenshots` calls it with the folder they belong in.
//!
//! The bank is the demo's, whose seed makes the same people and payments every time; only the dates follow the day.

use std::path::{Path, PathBuf};

use bank::Role;
use browser::{Bank, Browser, Driver, Script, Theme, View, work};

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("the folder of the pictures"));
    let (bank, driver) = (Bank::start(40).await, Driver::start());
    let camera = Camera { folder };

    let maker = driver.open(&bank.url, Script::On).await;
    maker.sign_in(&bank, bank.person(Role::Operations)).await;
    let account = &bank.person(Role::Customer).accounts[0];
    work::prove_the_ledger(&maker).await;
    work::preview_cash(&maker, account, "1,850.00", "Sold the car, banknotes counted twice").await;
    camera.take(&maker, "cash-light", Theme::Light, View::Wide).await;
    maker.press("Ask a second person").await;
    maker.see(".flash").await;
    for (name, path, theme, view) in [
        ("home-light", "/admin".to_owned(), Theme::Light, View::Wide),
        ("home-phone-dark", "/admin".to_owned(), Theme::Dark, View::Phone),
        ("account-dark", format!("/admin/accounts/{}", account.id), Theme::Dark, View::Wide),
        ("account-phone-light", format!("/admin/accounts/{}", account.id), Theme::Light, View::Phone),
        ("transactions-light", "/admin/transactions".to_owned(), Theme::Light, View::Wide),
        ("ledger-light", "/admin/ledger".to_owned(), Theme::Light, View::Wide),
    ] {
        maker.open(&path).await;
        camera.take(&maker, name, theme, view).await;
    }
    maker.open("/admin/connections").await;
    camera.take(&maker, "connections-light", Theme::Light, View::Wide).await;
    maker.close().await;

    let customer = driver.open(&bank.url, Script::On).await;
    customer.sign_in_at_home(bank.person(Role::Customer)).await;
    let linked = customer.see("a.row").await.attr("href").await.expect("an answer").expect("an address");
    customer.look_until(&linked, "a.row", "Current Account").await;
    camera.take(&customer, "own-bank-light", Theme::Light, View::Wide).await;
    customer.open("/my/insights").await;
    camera.take(&customer, "own-insights-phone-dark", Theme::Dark, View::Phone).await;
    camera.take(&customer, "own-insights-light", Theme::Light, View::Wide).await;
    customer.close().await;

    let checker = driver.open(&bank.url, Script::On).await;
    checker.sign_in(&bank, bank.person(Role::Compliance)).await;
    checker.open(&format!("/admin/customers/{}", bank.person(Role::Customer).user_id)).await;
    camera.take(&checker, "customer-light", Theme::Light, View::Wide).await;
    checker.open("/admin").await;
    checker.key("/").await;
    checker.key("ash").await;
    checker.see("#palette a").await;
    camera.take(&checker, "palette-dark", Theme::Dark, View::Wide).await;
    work::open_the_waiting(&checker).await;
    camera.take(&checker, "approval-dark", Theme::Dark, View::Wide).await;
    checker.open("/admin/audit-log").await;
    camera.take(&checker, "audit-dark", Theme::Dark, View::Wide).await;
    checker.close().await;
}

struct Camera {
    folder: PathBuf,
}

impl Camera {
    async fn take(&self, browser: &Browser, name: &str, theme: Theme, view: View) {
        browser.show_as(theme, view).await;
        let picture = browser.driver.screenshot_as_png().await.expect("a picture");
        std::fs::write(self.place(name), picture).expect("a file");
    }

    fn place(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join(format!("console-{name}.png"))
    }
}
