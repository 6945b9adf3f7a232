//! A document in a column, what is in it, and how it comes out.

use crate::left::{Shown, run_as};

#[test]
fn a_field_of_a_document_is_found_by_an_index_that_the_query_can_use() {
    let rewrites = [("warmup: 3s, measure: 16s", "warmup: 1s, measure: 2s"), ("rate: 2/s", "rate: 20/s")];
    let left = run_as("scenarios/patient-metadata.yaml", &rewrites, &["--scale", "0.02"]);
    let (document, unused) = (left.variant("document"), left.variant("GIN, asked as before"));
    for variant in [document, unused] {
        variant.assert_caught(&["count by diagnosis buffers"]);
    }
    let blocks = |variant: Shown<'_>| variant.cost("count by diagnosis").hit + variant.cost("count by diagnosis").read;
    assert!(blocks(unused) >= blocks(document), "the index is there, and of no use");
    for name in ["GIN, asked for containment", "expression index", "generated column", "normalized"] {
        left.variant(name).assert_kept();
        left.variant(name).assert_sound("write to chart");
    }
    // A column is as narrow beside the document as in a table of its own.
    let narrow = |name| blocks(left.variant(name));
    assert!(narrow("generated column") <= 2.0 * narrow("normalized"));
    assert!(narrow("normalized") * 5.0 < narrow("expression index"));
}

#[test]
fn entries_that_move_in_one_transaction_take_with_them_what_is_written_meanwhile() {
    let around = ("warmup: 5s, before: 10s, after: 10s", "warmup: 1s, before: 2s, after: 2s");
    let left = run_as("scenarios/patient-tables.yaml", &[around], &["--scale", "0.03"]);
    let (at_once, batches) = (left.variant("in one transaction"), left.variant("in batches"));
    at_once.assert_caught(&["lost entries max"]);
    batches.assert_kept();
    for variant in [at_once, batches] {
        variant.assert_migrated();
        variant.assert_sound("write to chart");
        variant.assert_sound("chart");
    }
    let backfill = batches.round.steps.iter().find(|step| step.batches > 0).expect("one step fills");
    assert!(backfill.batches >= 40, "{backfill:?}");
}
