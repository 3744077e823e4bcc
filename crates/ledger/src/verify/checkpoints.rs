//! Holding a chain against the signed checkpoints of the database and of the files outside it.

use std::collections::VecDeque;

use database::Tx;
use sea_orm::DbErr;

use super::{ChainReport, FaultKind, Faults, VerifyOptions};
use crate::seal::{
    Chained, Checkpoint, Exported, Seal, VerifyingKey, exported_checkpoints, stored_checkpoints,
};

/// Holds the checkpoints that no block has been compared with yet, by position.
pub(super) struct Checkpoints {
    waiting: VecDeque<(Checkpoint, Source)>,
    /// The last position that a checkpoint confirmed.
    confirmed: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Database,
    File,
}

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "the database's checkpoint",
            Self::File => "the exported checkpoint",
        }
    }
}

/// Holds what a chain is checked against from outside the database. See [`VerifyOptions::witnesses`].
#[derive(Debug)]
pub struct Witnesses {
    exported: Exported,
    trusted_keys: Vec<VerifyingKey>,
}

impl VerifyOptions {
    /// Reads the checkpoints that are kept outside the database, of one chain.
    ///
    /// To be called before the snapshot is opened in which the chain is checked. A checkpoint is written to its file after the
    /// database: all that this finds stands in a snapshot that comes later, unless somebody took it away.
    ///
    /// # Errors
    /// `DbErr::Custom` when the file cannot be opened.
    pub async fn witnesses<C: Chained>(&self) -> Result<Witnesses, DbErr> {
        let exported = match &self.checkpoint_directory {
            Some(directory) => exported_checkpoints(directory.clone(), C::NAME).await,
            None => Ok(Exported::default()),
        };
        let exported = exported.map_err(|error| DbErr::Custom(format!("the checkpoint file: {error}")))?;
        Ok(Witnesses { exported, trusted_keys: self.trusted_keys.clone() })
    }
}

/// Reads the database's own, puts both together, and notes what is not signed by a trusted key.
pub(super) async fn load<C: Chained>(
    tx: &Tx,
    witnesses: &Witnesses,
    faults: &mut Faults,
) -> Result<Checkpoints, DbErr> {
    let Witnesses { exported, trusted_keys } = witnesses;
    let stored = stored_checkpoints(tx, C::NAME).await?;
    if let Some(line) = exported.unreadable_line {
        let row = format!("{} checkpoint file", C::NAME);
        faults.note(FaultKind::CheckpointForged, row, format!("line {line} cannot be read"));
    }
    for exported in &exported.checkpoints {
        if exported.is_signed_by(trusted_keys) && !stored.contains(exported) {
            let detail = "stands in the file and not in the database";
            faults.note_at(FaultKind::CheckpointMissing, exported.through_position, name(exported), detail);
        }
    }
    let exported = exported.checkpoints.iter().cloned().map(|checkpoint| (checkpoint, Source::File));
    let stored = stored.into_iter().map(|checkpoint| (checkpoint, Source::Database));
    let mut all: Vec<_> = exported.chain(stored).collect();
    all.retain(|(checkpoint, source)| is_trusted::<C>(checkpoint, *source, trusted_keys, faults));
    all.sort_by_key(|(checkpoint, _)| (checkpoint.through_position, checkpoint.seal_number));
    Ok(Checkpoints { waiting: all.into(), confirmed: 0 })
}

fn is_trusted<C: Chained>(
    checkpoint: &Checkpoint,
    source: Source,
    trusted_keys: &[VerifyingKey],
    faults: &mut Faults,
) -> bool {
    if trusted_keys.is_empty() {
        return false;
    }
    let trusted = checkpoint.chain == C::NAME && checkpoint.is_signed_by(trusted_keys);
    if !trusted {
        let detail = format!("{} is not signed by a trusted key", source.as_str());
        faults.note_at(FaultKind::CheckpointForged, checkpoint.through_position, name(checkpoint), detail);
    }
    trusted
}

impl Checkpoints {
    /// Compares a block with the checkpoints up to its end.
    pub(super) fn compare(&mut self, block: &Seal, faults: &mut Faults, report: &mut ChainReport) {
        while let Some((checkpoint, source)) =
            self.waiting.pop_front_if(|(checkpoint, _)| checkpoint.through_position <= block.through_position)
        {
            let agrees = checkpoint.through_position == block.through_position
                && checkpoint.seal_number == block.number
                && checkpoint.seal_hash == block.hash;
            if agrees {
                self.confirmed = checkpoint.through_position;
                report.checkpoints += 1;
                report.exported_checkpoints += u64::from(source == Source::File);
            } else {
                let detail = format!(
                    "{} of {} proves another chain up to {}; rows from here on are in doubt",
                    source.as_str(),
                    checkpoint.signed_at.to_rfc3339(),
                    checkpoint.through_position
                );
                faults.note_at(FaultKind::ChainRewritten, self.confirmed + 1, name(&checkpoint), detail);
            }
        }
    }

    /// Notes the first checkpoint that lies behind the end of the chain.
    pub(super) fn finish(&mut self, last: Option<&Seal>, highest: i64, faults: &mut Faults) {
        let through = last.map_or(0, |last| last.through_position);
        for (checkpoint, source) in &self.waiting {
            let detail = format!(
                "{} of {} proves that the chain reached {}; it ends at {through}, the rows at {}",
                source.as_str(),
                checkpoint.signed_at.to_rfc3339(),
                checkpoint.through_position,
                highest.max(0)
            );
            // Rows still there behind the last block may be what they were: the first one gone is named.
            let first = if highest < checkpoint.through_position { highest.max(0) } else { through } + 1;
            faults.note_at(FaultKind::TailCut, first, name(checkpoint), detail);
        }
    }
}

fn name(checkpoint: &Checkpoint) -> String {
    format!("{} checkpoint {}", checkpoint.chain, checkpoint.seal_number)
}
