//! Judges a page by axe-core (vendored as it was published, npm `axe-core` 4.14.1, under the licences beside it).

use serde_json::Value;

use crate::Browser;

const AXE: &str = include_str!("../axe/axe-4.14.1.min.js");

/// Opens what is folded, so that forms are judged too: they exclude one another by a name.
const UNFOLD: &str = "for (const action of document.querySelectorAll('details')) {
  action.removeAttribute('name');
  action.open = true;
}";

const RUN: &str = "const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } }).then(
  (results) => done(results.violations.map(({ id, impact, nodes }) => ({
    id, impact, nodes: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
  }))),
  (error) => done([{ id: 'axe', impact: 'critical', nodes: [String(error)] }]),
);";

impl Browser {
    /// Returns what is seriously or critically wrong with the page as it stands, everything unfolded.
    pub async fn barriers(&self) -> Vec<String> {
        self.ask(UNFOLD).await;
        self.barriers_as_shown().await
    }

    /// Returns what is seriously or critically wrong with what is shown now.
    pub async fn barriers_as_shown(&self) -> Vec<String> {
        // The driver's scripts are not bound by the page's policy, which would forbid this one.
        self.ask(AXE).await;
        let found = self.driver.execute_async(RUN, Vec::new()).await.expect("a judgement");
        let found = found.json().as_array().expect("a list").clone();
        let is_grave = |finding: &&Value| matches!(finding["impact"].as_str(), Some("serious" | "critical"));
        let told =
            |finding: &Value| format!("{} ({}): {:#}", finding["id"], finding["impact"], finding["nodes"]);
        found.iter().filter(is_grave).map(told).collect()
    }
}
