"""aws_setup as Airflow runs it: two runs at once, and another that finds nothing to do."""

DAG_ID = "aws_setup"


def test_two_runs_at_once_end_well_and_the_next_changes_nothing(airflow):
    airflow.http.patch(f"/dags/{DAG_ID}", json={"is_paused": False}).raise_for_status()
    at_once = [airflow.trigger(DAG_ID) for _ in range(2)]
    assert [airflow.wait(DAG_ID, run_id) for run_id in at_once] == ["success", "success"]
    run_id = airflow.trigger(DAG_ID)
    assert airflow.wait(DAG_ID, run_id) == "success"
    said = {
        task["task_id"]: airflow.get(
            f"/dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/{task['task_id']}"
            "/xcomEntries/return_value"
        )["value"]
        for task in airflow.tasks(DAG_ID, run_id)
    }
    proof = said.pop("send_canary")
    assert "was in dataflow_mongo_history and dataflow_mongo after" in proof
    assert len(said) == 8
    assert set(said.values()) == {"unchanged"}
