//! What holds for every route: ids, problems, headers, limits.

use crate::harness::App;

#[tokio::test]
async fn the_probes_answer() {
    let app = App::new().await;
    assert_eq!(app.get("/livez").send().await.expect(200).text(), "alive\n");
    assert_eq!(app.get("/readyz").send().await.expect(200).text(), "ready\n");
}

#[tokio::test]
async fn an_unknown_path_and_an_unknown_method_are_problems_that_name_the_request() {
    let app = App::new().await;
    for path in ["/", "/nothing", "/api", "/api/v1", "/api/v1/nothing"] {
        let answer = app.get(path).send().await.refused(404, "not_found");
        assert_eq!(answer.json()["request_id"], answer.header("x-request-id"), "{path}");
    }
    let answer = app.post("/livez").send().await.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD");
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id"));
}
