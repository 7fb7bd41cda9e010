use super::{CHAIN, SMALL, space};
use crate::{CustomSpace, SpaceDescription, StageDescription};
use bonas_core::{SearchSpace, SeedStream};

#[test]
fn every_kind_of_space_keeps_the_contract() {
    SMALL.iter().for_each(|text| bonas_testing::space::check(&space(text)));
}

#[test]
fn large_spaces_keep_the_contract() {
    let free = "name = 'nb101'\n[[cells]]\nnodes = 7\noperations_on = 'nodes'\noperations = ['a', 'b', 'c']\nfree_edges = true\n\
                max_edges = 9";
    bonas_testing::space::check(&space(free));
    let operands = "name = 'deep'\n[[cells]]\nnodes = 12\noperations_on = 'nodes'\noperations = ['a', 'b']\noperands = 2";
    bonas_testing::space::check(&space(operands));
}

#[test]
fn descriptions_are_built_and_written_in_programs() {
    let operations = vec!["x".to_string(), "y".to_string()];
    let stages = vec![StageDescription { repeat: Some(2), ..Default::default() }];
    let description = SpaceDescription { name: "two".into(), operations, stages, ..Default::default() };
    let built = description.clone().build().expect("valid");
    assert_eq!((built.size(), built.description()), (4, "two, a space of its user"));
    for description in SMALL.iter().map(|text| space(text).space_description().clone()).chain([description]) {
        let text = toml::to_string(&description).expect("plain");
        let read = CustomSpace::parse_toml("again.toml", &text).expect("what was written");
        assert_eq!(read.space_description(), &description);
    }
}

/// Where only two changes at once keep the constraints, these are the moves.
#[test]
fn tight_constraints_are_moved_in_by_two_changes() {
    let text = "name = 'tight'\noperations = ['a', 'b']\nat_most = [{ operation = 'a', count = 1 }]\n\
                at_least = [{ operation = 'a', count = 1 }]\n[[stages]]\nrepeat = 12";
    let tight = space(text);
    assert_eq!((tight.size(), tight.neighbors(&tight.sample(&mut SeedStream::new(1).rng("test", 0))).len()), (12, 11));
    bonas_testing::space::check(&tight);
}

#[test]
fn stages_may_offer_different_operations() {
    let neighbors = space(CHAIN).neighbors(&space(CHAIN).parse("stem|conv|skip|conv3|head").expect("a chain"));
    assert_eq!(neighbors.len(), 1 + 3 * 2 + 2);
}
