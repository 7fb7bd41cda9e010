use crate::{DataError, ImageSet};
use bonas_core::StudyRng;
use rand::seq::SliceRandom;

/// Cuts a part from a set so that every class gives the same share: (rest, part), each in the set's order.
///
/// `part` and `key` name the part and its setting in errors.
///
/// # Errors
/// When a class would have no image in the part or in the rest.
pub fn stratified_split(
    images: &ImageSet,
    fraction: f64,
    [part, key]: [&'static str; 2],
    rng: &mut StudyRng,
) -> Result<(Vec<usize>, Vec<usize>), DataError> {
    let (mut rest, mut cut) = (Vec::new(), Vec::new());
    for (class, mut places) in images.by_class().into_iter().enumerate() {
        let count = (places.len() as f64 * fraction).round() as usize;
        if count == 0 || count >= places.len() {
            let part = if count == 0 { part } else { "training" };
            return Err(DataError::EmptySplit {
                part,
                class: images.class_names()[class].clone(),
                images: places.len(),
                key,
                fraction,
            });
        }
        places.shuffle(rng);
        cut.extend_from_slice(&places[..count]);
        rest.extend_from_slice(&places[count..]);
    }
    rest.sort_unstable();
    cut.sort_unstable();
    Ok((rest, cut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ImageShape;
    use bonas_core::SeedStream;
    use proptest::prelude::*;

    fn set(labels: Vec<u32>) -> ImageSet {
        let shape = ImageShape { channels: 1, height: 1, width: 1 };
        ImageSet::new(vec![0; labels.len()], shape, labels, vec!["cat".into(), "dog".into()]).expect("valid")
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_complete_and_stratified(cats in 4usize..60, dogs in 4usize..60, seed: u64) {
            let images = set([vec![0; cats], vec![1; dogs]].concat());
            let split = |seed| stratified_split(&images, 0.25, ["validation", "f"], &mut SeedStream::new(seed).rng("split", 0));
            let (rest, cut) = split(seed).expect("large enough");
            let mut all = [rest, cut.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..cats + dogs).collect::<Vec<_>>());
            let cut_cats = cut.iter().filter(|&&place| place < cats).count();
            prop_assert_eq!(cut_cats, (cats as f64 * 0.25).round() as usize);
            prop_assert_eq!(cut, split(seed).expect("again").1);
        }
    }

    #[test]
    fn a_part_without_a_class_is_refused() {
        let split = |labels, fraction| {
            stratified_split(
                &set(labels),
                fraction,
                ["validation", "data.validation_fraction"],
                &mut SeedStream::new(0).rng("split", 0),
            )
        };
        let error = split(vec![0, 0, 0, 0, 1], 0.25).expect_err("one dog").to_string();
        assert!(error.contains("validation part would have no image of class 'dog': it has 1 images"), "{error}");
        let error = split(vec![0, 1], 0.9).expect_err("nothing left").to_string();
        assert!(error.contains("training part"), "{error}");
    }
}
