use crate::HardImage;
use crate::notation::plain;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};

/// The test images with the highest loss, each with what it is and what it was taken for.
pub(super) fn gallery(images: &[HardImage]) -> Markup {
    html! {
        h3 { "Hardest images" }
        p { "The test images with the highest loss: their class, and what the network takes them for." }
        ul.hardest { @for image in images { (card(image)) } }
    }
}

fn card(image: &HardImage) -> Markup {
    let HardImage { truth, predicted, loss, .. } = image;
    let right = truth == predicted;
    html! {
        li {
            img alt=(format!("A test image of {truth}, taken for {predicted}")) loading="lazy" decoding="async"
                src=(format!("data:image/png;base64,{}", BASE64_STANDARD.encode(&image.png)));
            p {
                b { (truth) }
                @if right { " (barely)" } @else { " taken for " b.wrong { (predicted) } }
                span.note { "loss " (plain(*loss)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_says_what_it_is_and_what_it_was_taken_for() {
        let image =
            |predicted: &str| HardImage { png: vec![1, 2, 3], truth: "<cat>".into(), predicted: predicted.into(), loss: 3.25 };
        let html = gallery(&[image("dog"), image("<cat>")]).into_string();
        assert!(html.contains("data:image/png;base64,AQID") && html.contains("loss 3.2500"), "{html}");
        assert!(html.contains("<b>&lt;cat&gt;</b> taken for <b class=\"wrong\">dog</b>"), "{html}");
        assert_eq!((html.matches(" (barely)").count(), html.matches("taken for <b").count()), (1, 1));
    }
}
