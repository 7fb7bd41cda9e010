use maud::{Markup, html};

/// How rounds are coloured, from the first to the last.
pub(super) fn rounds(rounds: &[u32]) -> Markup {
    let (Some(first), Some(last)) = (rounds.first(), rounds.last()) else { return html! {} };
    html! {
        @if first == last { span { i.swatch.dot {} "a trial" } }
        @else { span { "a trial, round " (first) " " i.ramp {} " " (last) } }
    }
}

/// One coloured mark and its meaning.
pub(super) fn mark(class: &str, meaning: &str) -> Markup {
    html! { span { i.swatch.(class) {} (meaning) } }
}
