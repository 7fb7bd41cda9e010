use crate::DataError;
use crate::resampling::Window;
use bonas_core::StudyRng;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Windows that are tried before the center is taken.
const TRIES: usize = 10;

/// A window of random area and aspect at a random place, brought to the size of the images (Szegedy et al., "Going deeper with
/// convolutions", 2015, section 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomResizedCrop {
    /// Smallest and largest share of the picture's area, drawn uniformly.
    pub area: [f64; 2],
    /// Smallest and largest width over height, drawn uniformly on a logarithmic scale.
    pub aspect: [f64; 2],
}

impl Default for RandomResizedCrop {
    fn default() -> Self {
        Self { area: [0.08, 1.0], aspect: [3.0 / 4.0, 4.0 / 3.0] }
    }
}

impl RandomResizedCrop {
    pub(crate) fn validate(&self) -> Result<(), DataError> {
        let wrong = |key, range, value: [f64; 2]| Err(DataError::Config { key, range, value: format!("{value:?}") });
        let ([smallest, largest], [narrowest, widest]) = (self.area, self.aspect);
        if !(0.0 < smallest && smallest <= largest && largest <= 1.0) {
            return wrong("augment.random_resized_crop.area", "two numbers above 0 and at most 1, the smaller first", self.area);
        }
        if !(0.0 < narrowest && narrowest <= widest && widest.is_finite()) {
            return wrong("augment.random_resized_crop.aspect", "two numbers above 0, the smaller first", self.aspect);
        }
        Ok(())
    }

    /// A window of a picture of this size. What does not fit after ten draws becomes the largest window of an allowed aspect at the center.
    pub(crate) fn draw(&self, (width, height): (u32, u32), rng: &mut StudyRng) -> Window {
        let (whole_width, whole_height) = (f64::from(width), f64::from(height));
        let [narrowest, widest] = self.aspect;
        for _ in 0..TRIES {
            let area = whole_width * whole_height * rng.random_range(self.area[0]..=self.area[1]);
            let aspect = rng.random_range(narrowest.ln()..=widest.ln()).exp();
            let (window_width, window_height) = ((area * aspect).sqrt().round(), (area / aspect).sqrt().round());
            if (1.0..=whole_width).contains(&window_width) && (1.0..=whole_height).contains(&window_height) {
                return Window {
                    left: f64::from(rng.random_range(0..=width - window_width as u32)),
                    top: f64::from(rng.random_range(0..=height - window_height as u32)),
                    width: window_width,
                    height: window_height,
                };
            }
        }
        let window_width = whole_width.min((whole_height * widest).round().max(1.0));
        let window_height = whole_height.min((whole_width / narrowest).round().max(1.0));
        Window {
            left: ((whole_width - window_width) / 2.0).floor(),
            top: ((whole_height - window_height) / 2.0).floor(),
            width: window_width,
            height: window_height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_lie_in_the_picture_and_have_the_drawn_areas_and_aspects(width in 1u32..900, height in 1u32..900, seed: u64) {
            let window = RandomResizedCrop::default().draw((width, height), &mut SeedStream::new(seed).rng("crop", 0));
            prop_assert!(window.left >= 0.0 && window.left + window.width <= f64::from(width));
            prop_assert!(window.top >= 0.0 && window.top + window.height <= f64::from(height));
            prop_assert!(window.width >= 1.0 && window.height >= 1.0);
            if width.min(height) > 100 && width.max(height) * 3 < width.min(height) * 4 {
                let area = window.width * window.height / f64::from(width * height);
                prop_assert!((0.07..=1.01).contains(&area), "{}", area);
                let aspect = window.width / window.height;
                prop_assert!((0.72..=1.39).contains(&aspect), "{}", aspect);
            }
        }
    }

    #[test]
    fn a_picture_too_long_for_any_window_gives_its_center() {
        let crop = RandomResizedCrop { area: [1.0, 1.0], ..RandomResizedCrop::default() };
        let rng = &mut SeedStream::new(0).rng("crop", 0);
        assert_eq!(crop.draw((900, 90), rng), Window { left: 390.0, top: 0.0, width: 120.0, height: 90.0 });
        assert_eq!(crop.draw((90, 900), rng), Window { left: 0.0, top: 390.0, width: 90.0, height: 120.0 });
    }

    #[test]
    fn areas_are_uniform() {
        let rng = &mut SeedStream::new(1).rng("crop", 0);
        let crop = RandomResizedCrop { area: [0.1, 0.5], aspect: [1.0, 1.0] };
        let mut areas: Vec<f64> =
            (0..2000).map(|_| crop.draw((1000, 1000), rng)).map(|window| window.width * window.height / 1e6).collect();
        areas.sort_by(f64::total_cmp);
        for (place, expected) in [(0, 0.1), (500, 0.2), (1000, 0.3), (1500, 0.4), (1999, 0.5)] {
            assert!((areas[place] - expected).abs() < 0.02, "{} {expected}", areas[place]);
        }
    }

    #[test]
    fn ranges_are_checked() {
        let message = |area, aspect| RandomResizedCrop { area, aspect }.validate().expect_err("range").to_string();
        let area = message([0.0, 1.0], [1.0, 1.0]);
        assert_eq!(
            area,
            "augment.random_resized_crop.area must be two numbers above 0 and at most 1, the smaller first, but is [0.0, 1.0]"
        );
        assert!(message([0.5, 0.4], [1.0, 1.0]).contains("area"));
        assert!(message([0.5, 1.0], [2.0, 1.0]).contains("aspect"));
        assert!(message([0.5, 1.0], [f64::NAN, 1.0]).contains("aspect"));
        assert!(RandomResizedCrop::default().validate().is_ok());
    }
}
