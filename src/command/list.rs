//! `shakedown list`: the scenarios that come with the program.

use super::{Exit, library, terminal};

pub(super) fn execute() -> anyhow::Result<Exit> {
    let width = library::all().map(|carried| carried.name.len()).max().unwrap_or_default();
    for carried in library::all() {
        let outline = carried.outline();
        let about = outline.about.unwrap_or(outline.name);
        let line = format!("{:width$}  {about} ({})\n", carried.name, outline.variants.join(" · "));
        terminal::print(&line)?;
    }
    terminal::say("`shakedown new NAME` starts one of your own from any of them");
    Ok(Exit::Passed)
}
