use super::{SharingData, SharingGroup};
use crate::notation::{count, counted, epochs};
use maud::{Markup, html};

pub(super) fn headline(data: &SharingData) -> Markup {
    let facts = &data.facts;
    html! {
        header {
            p.eyebrow { (facts.name) " · " (facts.space) }
            h1 { (title(data)) }
            p.lede {
                "Scores of sub-supernets beside scores of the same architectures trained alone, for "
                (counted(facts.alone_epochs, "epoch", "epochs")) " with " (counted(facts.alone_seeds as usize, "seed", "seeds"))
                ". Space " b { (facts.space) } ", images " b { (facts.data) } ": " (count(facts.train_images)) " train and "
                (count(facts.validation_images)) " score. Test images were not used."
            }
            dl.figures { @for group in &data.groups { (figure(group)) } }
        }
    }
}

fn title(data: &SharingData) -> String {
    let best = data.groups.iter().filter_map(|group| Some((group, group.best()?)));
    let best = best.reduce(|best, next| if next.1.tau() > best.1.tau() { next } else { best });
    match best.and_then(|(group, setting)| Some((group, setting.tau()?))) {
        None => "No rank correlation is defined".into(),
        Some((SharingGroup { ceiling: Some(ceiling), .. }, tau)) => {
            format!("Sub-supernets rank with τ = {tau:.2} at best; training alone agrees with itself at {ceiling:.2}")
        }
        Some((_, tau)) => format!("Sub-supernets rank with τ = {tau:.2} at best"),
    }
}

/// The best setting of a group.
fn figure(group: &SharingGroup) -> Markup {
    let Some(best) = group.best() else { return html! {} };
    html! {
        div {
            dt { (group.title) ": highest τ" }
            dd {
                span.value { (format!("{:.3}", best.tau().unwrap_or_default())) }
                span.note {
                    "k = " (best.k) ", " (epochs(best.epochs))
                    @if let Some(ceiling) = group.ceiling { "; ceiling " (format!("{ceiling:.3}")) }
                }
            }
        }
    }
}
