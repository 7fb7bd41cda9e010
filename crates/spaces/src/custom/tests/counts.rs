use super::{CHAIN, EDGE_LISTS, NAS_BENCH_201, SMALL, space};
use crate::CustomSpace;
use bonas_core::{SearchSpace, SeedStream};
use std::collections::BTreeSet;

#[test]
fn counts_are_those_of_all_architectures() {
    for text in SMALL {
        let space = space(text);
        let all = space.all().expect("a small space");
        assert_eq!(space.size(), all.len() as u128, "{}", space.name());
        assert!(all.iter().all(|architecture| space.validate(architecture).is_ok()));
    }
    // (1 + z)³ (2 + z)², up to z²: z for every `none`.
    assert_eq!(space(EDGE_LISTS).size(), 4 + 16 + 25);
    assert_eq!((space(NAS_BENCH_201).size(), space(CHAIN).size()), (15_625, 2 * 27 * 3));
}

/// Counting by formula and by trying must agree also where both are possible.
#[test]
fn counts_under_limits_agree_with_trying() {
    let constraints = [
        "",
        "at_most = [{ operation = 'a', count = 1 }]",
        "at_least = [{ operation = 'a', count = 2 }, { operation = 'b', count = 1 }]",
        "at_most = [{ operation = 'c', count = 2 }]\nat_least = [{ operation = 'c', count = 1 }]\nforbid = [['a', 'b']]",
    ];
    let cells = [
        "nodes = 4\noperations_on = 'edges'\nedges = 'all'",
        "nodes = 5\noperations_on = 'nodes'\noperands = 2\noutput = 'node'",
        "nodes = 5\noperations_on = 'nodes'\noperands = 1",
        "nodes = 5\noperations_on = 'nodes'\nfree_edges = true",
        "nodes = 4\noperations_on = 'edges'\nfree_edges = true\nmax_edges = 4",
        "nodes = 4\noperations_on = 'edges'\nfree_edges = true\nnode_operations = [{ node = 2, operations = ['c', 'a'] }]",
        "nodes = 4\noperations_on = 'edges'\nfree_edges = true\nmax_edges = 4\n\
         edge_operations = [{ edge = [0, 3], operations = ['b'] }, { edge = [1, 2], operations = ['a', 'c', 'b'] }]",
        "nodes = 4\noperations_on = 'edges'\nedges = 'all'\nedge_operations = [{ edge = [0, 3], operations = ['b'] }]",
        "nodes = 5\noperations_on = 'nodes'\nfree_edges = true\nnode_operations = [{ node = 2, operations = ['b', 'c'] }]",
    ];
    for cell in cells {
        for constraint in constraints {
            let text = format!("name = 'x'\noperations = ['a', 'b', 'c']\n[[cells]]\n{cell}\n{constraint}\n");
            let space = space(&text);
            assert_eq!(space.size(), space.all().expect("small").len() as u128, "{text}");
        }
    }
}

#[test]
fn large_spaces_are_counted_exactly() {
    let chain = |rule: &str, stages: usize| {
        space(&format!("name = 'x'\noperations = ['a', 'b']\n{rule}\n[[stages]]\nrepeat = {stages}")).size()
    };
    assert_eq!(chain("", 40), 1 << 40);
    assert_eq!(chain("at_most = [{ operation = 'a', count = 39 }]", 40), (1 << 40) - 1);
    // Words without two a in a row: Fibonacci numbers.
    assert_eq!(chain("forbid = [['a', 'a']]", 24), 121_393);
    let huge = space("name = 'x'\noperations = ['a', 'b']\n[[stages]]\nrepeat = 4096");
    assert_eq!(huge.size(), u128::MAX);
}

#[test]
fn samples_are_uniform() {
    let space: CustomSpace = space("name = 'x'\noperations = ['a', 'b']\nforbid = [['a', 'a']]\n[[stages]]\nrepeat = 3");
    let all = space.all().expect("small");
    let mut rng = SeedStream::new(3).rng("test", 0);
    let mut counts = vec![0; all.len()];
    for _ in 0..5_000 {
        let drawn = space.sample(&mut rng);
        counts[all.iter().position(|architecture| *architecture == drawn).expect("valid")] += 1;
    }
    assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 5);
}
