//! The worker: leases, runs, renews, and stops without losing anything.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use database::in_time;
use kernel::{Instant, JobId};
use sea_orm::DbErr;
use sea_orm::prelude::Uuid;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::model::LEASE;
use super::service::WAKE;
use super::{Job, JobState, Registry, run, store, upkeep};
use crate::Bank;

/// Says how a worker works.
#[derive(Clone, Copy, Debug)]
pub struct WorkerOptions {
    /// How many handlers run at once.
    pub concurrency: usize,
    /// How long a job is held without a sign of life; renewed at a third of it.
    pub lease: Duration,
    /// How often an idle worker looks.
    pub poll: Duration,
    /// How long a stop waits for running handlers before it hands their jobs back.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: LEASE,
            poll: Duration::from_millis(500),
            grace: Duration::from_secs(10),
        }
    }
}

/// The first look after a wake-up; the caller's commit is usually through by then.
const SOON: Duration = Duration::from_millis(10);
/// How often the queue is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// Runs background work until it is told to stop.
#[derive(Debug)]
pub struct Worker {
    bank: Bank,
    registry: Arc<Registry>,
    options: WorkerOptions,
    tasks: JoinSet<()>,
    running: HashMap<Id, Running>,
    /// The last slot of each schedule that this process knows to have fired.
    fired: HashMap<&'static str, Instant>,
}

#[derive(Debug)]
struct Running {
    job: Job,
    abort: AbortHandle,
}

impl Worker {
    /// Prepares a worker; [`Worker::work`] starts it.
    pub fn new(bank: Bank, registry: Registry, options: WorkerOptions) -> Self {
        let (tasks, running, fired) = (JoinSet::new(), HashMap::new(), HashMap::new());
        Self { bank, registry: Arc::new(registry), options, tasks, running, fired }
    }

    /// Works until `stop`; then finishes what runs, or hands back what does not finish in time.
    pub async fn work(mut self, stop: CancellationToken) {
        let mut renew = interval(self.options.lease / 3);
        let mut measure = interval(MEASURE);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        measure.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut wait = SOON;
        while !stop.is_cancelled() {
            match in_time(self.take()).await {
                Ok(0) => wait = (wait * 2).min(self.options.poll),
                Ok(_) => wait = SOON,
                Err(error) => {
                    tracing::warn!(error = %error, "the worker cannot reach its queue");
                    wait = self.options.poll;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                Some(ended) = self.tasks.join_next_with_id() => drop(self.running.remove(&ended_task(ended))),
                _ = renew.tick() => self.renew().await,
                _ = measure.tick() => self.measure().await,
                // Looks at once and, until the usual pace is reached again, soon after: for the commit.
                woken = timeout(wait, WAKE.notified()) => if woken.is_ok() { wait = SOON },
            }
        }
        self.stop().await;
    }

    /// Fires the schedules and starts as many due jobs as there is room for.
    async fn take(&mut self) -> Result<usize, DbErr> {
        self.fire_schedules().await?;
        let free = self.options.concurrency.saturating_sub(self.running.len());
        if free == 0 {
            return Ok(0);
        }
        let limit = u64::try_from(free).unwrap_or(u64::MAX);
        let jobs = run::lease(&self.bank, limit, self.lease()).await?;
        let taken = jobs.len();
        for job in jobs {
            self.start(job);
        }
        Ok(taken)
    }

    async fn fire_schedules(&mut self) -> Result<(), DbErr> {
        let zone = self.bank.settings.business_timezone;
        for schedule in self.registry.clone().schedules() {
            let Some(slot) = schedule.slot(self.bank.now(), zone) else {
                continue;
            };
            if self.fired.get(schedule.name).is_none_or(|fired| schedule.is_due(*fired, slot)) {
                run::fire(&self.bank, schedule, slot).await?;
                self.fired.insert(schedule.name, slot);
            }
        }
        Ok(())
    }

    fn start(&mut self, job: Job) {
        let (bank, registry, held) = (self.bank.clone(), self.registry.clone(), job.clone());
        let abort = self.tasks.spawn(async move {
            let id = job.id;
            if let Err(error) = run::run(bank, &registry, job).await {
                // Its lease runs out, and the job is taken again.
                tracing::warn!(job.id = %id, error = %error, "a job's end could not be written");
            }
        });
        self.running.insert(abort.id(), Running { job: held, abort });
    }

    /// Prolongs the leases of what runs; a job whose lease was lost is left to its new worker.
    async fn renew(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let tokens: Vec<_> = self.running.values().filter_map(|running| running.job.lease_token).collect();
        let held = match in_time(self.renew_in_database(&tokens)).await {
            Ok(held) => held,
            Err(error) => return tracing::warn!(error = %error, "leases could not be renewed"),
        };
        // What ended meanwhile is not held either; its task is over, and aborting it does nothing.
        for running in self.running.values().filter(|running| !held.contains(&running.job.id)) {
            if !running.abort.is_finished() {
                tracing::warn!(job.id = %running.job.id, "a lease was lost: the job is left to its new worker");
                running.abort.abort();
            }
        }
    }

    async fn renew_in_database(&self, tokens: &[Uuid]) -> Result<Vec<JobId>, DbErr> {
        let tx = self.bank.db.begin().await?;
        let held = store::renew(&tx, tokens, self.bank.now() + self.lease()).await?;
        tx.commit().await?;
        Ok(held)
    }

    async fn measure(&self) {
        if let Err(error) = in_time(upkeep::measure(&self.bank)).await {
            tracing::warn!(error = %error, "the queue could not be measured");
        }
    }

    /// Waits for what runs, as long as the grace lasts, and hands back the rest.
    async fn stop(mut self) {
        let drain = async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.running.remove(&ended_task(ended));
            }
        };
        if timeout(self.options.grace, drain).await.is_ok() {
            return;
        }
        self.tasks.shutdown().await;
        for (_, Running { job, .. }) in std::mem::take(&mut self.running) {
            let id = job.id;
            match in_time(self.hand_back(job)).await {
                Ok(_) => tracing::info!(job.id = %id, "a job is handed back"),
                Err(error) => tracing::warn!(job.id = %id, error = %error, "a job could not be handed back"),
            }
        }
    }

    /// Puts a job back as if it had not been started.
    async fn hand_back(&self, job: Job) -> Result<bool, DbErr> {
        let token = job.lease_token.unwrap_or_else(Uuid::nil);
        let job = Job { state: JobState::Queued, attempts: job.attempts - 1, ..job };
        let tx = self.bank.db.begin().await?;
        let held = store::finish(&tx, job, token).await?;
        tx.commit().await?;
        Ok(held)
    }

    fn lease(&self) -> chrono::Duration {
        chrono::Duration::from_std(self.options.lease).unwrap_or(chrono::Duration::minutes(1))
    }
}

/// Names the task that ended, by itself or aborted.
fn ended_task(ended: Result<(Id, ()), JoinError>) -> Id {
    ended.map_or_else(|error| error.id(), |(id, ())| id)
}
