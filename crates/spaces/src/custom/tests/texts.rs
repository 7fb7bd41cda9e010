use super::{CHAIN, FIXED_NODES, FREE, NAS_BENCH_201, OPERANDS, SMALL, TWO_CELLS, space};
use bonas_core::{SearchSpace, SeedStream};

#[test]
fn texts_are_short_and_read_back() {
    let written: Vec<String> = SMALL
        .iter()
        .map(|text| {
            let space = space(text);
            space.format(&space.sample(&mut SeedStream::new(5).rng("test", 0)))
        })
        .collect();
    insta::assert_snapshot!(written.join("\n"), @"");
}

#[test]
fn other_forms_are_read_where_they_are_unambiguous() {
    let same = |text: &str, left: &str, right: &str| {
        let read = |form: &str| space(text).parse(form).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(read(left), read(right));
    };
    let cell = "cell(0>1:none, 0>2:nor_conv_3x3, 1>2:none, 0>3:none, 1>3:none, 2>3:skip_connect)";
    same(NAS_BENCH_201, cell, "0 3 0 0 0 1");
    same(NAS_BENCH_201, cell, "none|nor_conv_3x3|none|none|none|skip_connect");
    same(NAS_BENCH_201, cell, "cell(2>3:skip_connect,1>3:none,0>3:none,1>2 : none,0>1:none,\n0>2:'nor_conv_3x3')");
    same(CHAIN, "stem|conv|conv3|skip|conv", "0 0 1 2 1");
    same(CHAIN, "stem|conv|conv3|skip|conv3", "network( stem | conv | \"conv3\" | skip | conv3 )");
    same(FIXED_NODES, "cell(2:c, 3:b, 4:a)", "c|b|a");
    same(FREE, "cell(0>1:a, 0>2:b, 2+1>3:b, 3>4)", "cell(3>4, 1+2>3:b, 0>2:b, 0>1:a)");
}

#[test]
fn names_that_begin_with_a_digit_are_no_numbers() {
    let space = space("name = 'x'\noperations = ['3', '5x5', '5']\n[[stages]]\nrepeat = 2");
    assert_eq!(space.parse("5|3").expect("names").decisions(), [2, 0]);
    assert_eq!(space.format(&space.parse("3|5x5").expect("names")), "3|'5x5'");
    insta::assert_snapshot!(space.parse("1 0").expect_err("numbers"), @"");
}

#[test]
fn errors_name_the_place_and_the_nearest_operation() {
    let message = |text: &str, form: &str| space(text).parse(form).expect_err(form).to_string();
    let messages = [
        message(CHAIN, "stem|conv|conf3|skip|head"),
        message(CHAIN, "stem|conv|conv3|skip|skip"),
        message(CHAIN, "stem|conv|conv3|skip"),
        message(CHAIN, "0 1 3 0 0"),
        message(CHAIN, "0 1 2 0"),
        message(NAS_BENCH_201, "cell(0>1:none, 0>1:none)"),
        message(NAS_BENCH_201, "cell(0>1:none, 0>4:none)"),
        message(NAS_BENCH_201, "cell(0>1:none)"),
        message(NAS_BENCH_201, "cell(0>1)"),
        message(NAS_BENCH_201, "cel(0>1:none)"),
        message(OPERANDS, "cell(0>1:maß, 0>2:maß, 0+1>3:maß, 0+1>4:maß)"),
        message(OPERANDS, "cell(0>1:maß, 0+0>2:maß)"),
        message(OPERANDS, "cell(0>1:mass)"),
        message(OPERANDS, "cell(0>5:maß)"),
        message(FREE, "cell(0>1:a, 0>2:b, 1>3:a, 3>4)"),
        message(TWO_CELLS, "normal(0>1:b, 1>2:b, 2>3) reduction(0>1:a, 0>2:a, 1>2:a) network(wide)"),
        message(TWO_CELLS, "normal(0>1:b, 1>2:a, 2>3) reduction(0>1:b, 0>2:b, 1>2:a) network(wide)"),
        message(TWO_CELLS, "normal(0>1:a, 1>2:a, 2>3) network(wide)"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @"");
}
