use super::super::cell::Cell;
use super::super::moves::Change;
use super::{coloured, cycles, structures};
use crate::NasBench101Space;
use bonas_core::SearchSpace;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The canonical structures of this many vertices.
fn classes(vertices: usize) -> BTreeSet<Cell> {
    structures(vertices).iter().map(Cell::canonical).collect()
}

/// Ways to choose operations that no automorphism makes equal, by Burnside's lemma.
fn colourings(class: &Cell) -> u32 {
    let automorphisms = class.numberings().iter().filter(|numbering| class.renumbered(numbering) == Some(*class));
    let fixed: Vec<u32> = automorphisms.map(|numbering| 3_u32.pow(cycles(class, numbering))).collect();
    fixed.iter().sum::<u32>() / fixed.len() as u32
}

#[test]
fn there_are_423_624_cells_up_to_isomorphism() {
    let by_vertices: Vec<u32> = (2..=7).map(|vertices| classes(vertices).iter().map(colourings).sum()).collect();
    assert_eq!(by_vertices.iter().sum::<u32>(), 423_624, "{by_vertices:?}");
    assert_eq!(by_vertices[..3], [1, 6, 84]);
}

#[test]
fn there_are_423_624_canonical_forms() {
    let all = NasBench101Space.all();
    assert_eq!(all.len(), 423_624);
    assert!(all.is_sorted_by(|left, right| left < right));
    for architecture in all.iter().step_by(211) {
        assert_eq!(&NasBench101Space.canonical(architecture), architecture);
        NasBench101Space.validate(architecture).expect("one of the space");
    }
}

/// Whether some bijection of the vertices carries one cell into the other: by definition, over all of them and without
/// regard to the order of vertices.
fn isomorphic(a: &Cell, b: &Cell) -> bool {
    let pairs = || (0..a.vertices).flat_map(|from| (0..a.vertices).map(move |to| (from, to)));
    a.vertices == b.vertices
        && a.numberings().iter().any(|place| {
            let same = |(from, to): (usize, usize)| a.edges.contains(from, to) == b.edges.contains(place[from], place[to]);
            pairs().all(same) && a.inner().all(|vertex| a.operation(vertex) == b.operation(place[vertex]))
        })
}

#[test]
fn canonical_forms_are_equal_if_and_only_if_cells_are_isomorphic() {
    let cells: Vec<Cell> = (2..=4).flat_map(structures).flat_map(coloured).collect();
    for a in &cells {
        for b in &cells {
            assert_eq!(a.canonical() == b.canonical(), isomorphic(a, b), "{a:?} {b:?}");
        }
    }
    let structures: Vec<Cell> = structures(5);
    for a in &structures {
        for b in &structures {
            assert_eq!(a.canonical() == b.canonical(), isomorphic(a, b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn renumbering_leaves_canonical_form_and_hash() {
    for cell in (2..=7).flat_map(structures).step_by(97).flat_map(|cell| coloured(cell).step_by(41)) {
        let (canonical, hash) = (cell.canonical(), cell.official_hash());
        assert_eq!(canonical.canonical(), canonical);
        assert_eq!(canonical.official_hash(), hash);
        for renumbered in cell.numberings().iter().filter_map(|numbering| cell.renumbered(numbering)) {
            assert_eq!((renumbered.canonical(), renumbered.official_hash()), (canonical, hash.clone()));
        }
    }
}

#[test]
fn the_official_hash_tells_classes_apart() {
    let classes: BTreeSet<Cell> = (2..=5).flat_map(structures).flat_map(coloured).map(|cell| cell.canonical()).collect();
    let by_hash: BTreeMap<String, Cell> = classes.iter().map(|cell| (cell.official_hash(), *cell)).collect();
    assert_eq!((by_hash.len(), classes.len()), (2_532, 2_532));
}

/// Operations can be changed at will, so structures decide what can be reached.
#[test]
fn every_cell_can_be_reached_from_every_other() {
    let all: HashMap<Cell, usize> = (2..=7).flat_map(structures).enumerate().map(|(index, cell)| (cell, index)).collect();
    let mut sources = vec![Vec::new(); all.len()];
    let mut targets = vec![Vec::new(); all.len()];
    for (cell, &index) in &all {
        let neighbours = [Change::Edge, Change::Vertex].into_iter().flat_map(|change| cell.changed(change));
        for neighbour in neighbours.filter(|cell| cell.operations == [0; 5]) {
            targets[index].push(all[&neighbour]);
            sources[all[&neighbour]].push(index);
        }
    }
    assert_eq!((reached(&targets), reached(&sources)), (all.len(), all.len()));
}

fn reached(neighbours: &[Vec<usize>]) -> usize {
    let mut seen = vec![false; neighbours.len()];
    let mut waiting = vec![0];
    while let Some(index) = waiting.pop() {
        if !std::mem::replace(&mut seen[index], true) {
            waiting.extend(&neighbours[index]);
        }
    }
    seen.into_iter().filter(|&seen| seen).count()
}
