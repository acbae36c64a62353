"""What holds for every history, not only for those somebody thought of.

How a history is drawn, and how many of them, is in `histories.py`. Where to find what exposure promises:

- equals the scalar oracle exactly: `test_oracle_agrees.test_the_vectorised_code_equals_the_scalar_oracle`,
  `test_many_series.test_each_series_of_many_is_judged_as_the_oracle_judges_it`;
- the parts sum to the life: `test_oracle_agrees.test_the_parts_of_a_life_sum_to_it`;
- shuffle, duplicate, re-batch: `test_late_readings.test_order_batches_and_duplicates_change_nothing`;
- split a placement anywhere: `test_exposure.test_splitting_a_placement_anywhere_changes_nothing`;
- insert a reading on the line:
  `test_exposure.test_inserting_readings_on_the_line_changes_nothing_but_a_microsecond_a_crossing`;
- widening a limit never adds: `test_exposure.test_widening_a_limit_never_adds_exposure`,
  `test_verdict_order.test_widening_a_limit_never_worsens_a_verdict`;
- certain is possible: `test_exposure.test_certain_is_possible`,
  `test_oracle_agrees.test_the_figures_of_a_limit_fit_together`;
- two sensors hot in turn: `test_exposure.test_two_sensors_hot_in_turn_add_up`;
- late arrival through the real database, alone and beside a working evaluator: `test_late_arrival`. Evaluators that are
  killed meanwhile are in `tests/acceptance/test_chaos_evaluator.py`.
"""
