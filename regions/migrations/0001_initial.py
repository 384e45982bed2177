import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import regions.models.town
import regions.people.history
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('login_id', models.CharField(error_messages={'unique': 'このIDはすでに使われています。'}, max_length=60, unique=True, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='名前（画面での表示）')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='メールアドレス')),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Bureau',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('order', models.PositiveSmallIntegerField(unique=True)),
            ],
            options={
                'ordering': ('order',),
            },
        ),
        migrations.CreateModel(
            name='Prefecture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=2, unique=True)),
                ('name', models.CharField(max_length=20, unique=True)),
                ('kana', models.CharField(max_length=40)),
                ('tile_column', models.PositiveSmallIntegerField(null=True)),
                ('tile_row', models.PositiveSmallIntegerField(null=True)),
                ('bureau', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prefectures', to='regions.bureau')),
            ],
            options={
                'ordering': ('code',),
            },
        ),
        migrations.CreateModel(
            name='Municipality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=6, unique=True)),
                ('name', models.CharField(max_length=40)),
                ('kana', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=10)),
                ('district', models.CharField(blank=True, max_length=20, verbose_name='郡')),
                ('other_spelling', models.CharField(blank=True, max_length=40)),
                ('shares_name', models.BooleanField(default=False, verbose_name='同じ名前の市町村がほかにある')),
                ('is_fictional', models.BooleanField(default=False)),
                ('prefecture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='municipalities', to='regions.prefecture')),
            ],
            options={
                'ordering': ('code',),
            },
        ),
        migrations.CreateModel(
            name='Portrait',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('now', models.TextField(blank=True, verbose_name='地域の今')),
                ('aim', models.TextField(blank=True, verbose_name='あるべき姿')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='portrait_town_id'), models.UniqueConstraint(fields=('municipality',), name='one_portrait_a_town')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_portraitevent" ("aim", "created_at", "id", "municipality_id", "now", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."aim", NEW."created_at", NEW."id", NEW."municipality_id", NEW."now", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."updated_at"); RETURN NULL;', hash='1a2740bf5fe1b9c4afd6c56beaaff07af955ffef', operation='INSERT', pgid='pgtrigger_insert_insert_a6e15', table='regions_portrait', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_portraitevent" ("aim", "created_at", "id", "municipality_id", "now", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."aim", NEW."created_at", NEW."id", NEW."municipality_id", NEW."now", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."updated_at"); RETURN NULL;', hash='9068e7b47f8e14eac9319063dcf6cd7a1d9fa2f6', operation='UPDATE', pgid='pgtrigger_update_update_cd957', table='regions_portrait', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_portraitevent" ("aim", "created_at", "id", "municipality_id", "now", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."aim", OLD."created_at", OLD."id", OLD."municipality_id", OLD."now", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."updated_at"); RETURN NULL;', hash='a738bcfdb8aae1355f16de4a0457c114312b4ac2', operation='DELETE', pgid='pgtrigger_delete_delete_df4c5', table='regions_portrait', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('staff', '町 担当'), ('checker', '町 確認者'), ('coordinator', '生活支援コーディネーター'), ('support_center', '地域包括支援センター'), ('section', '庁内他課'), ('prefecture', '都道府県 担当'), ('bureau', '厚生局 担当'), ('advisor', 'アドバイザー'), ('nation', '国・事務局')], max_length=20, verbose_name='役割')),
                ('post', models.CharField(blank=True, max_length=80, verbose_name='所属・職名')),
                ('valid_from', models.DateField(verbose_name='いつから')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='いつまで')),
                ('bureau', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='regions.bureau')),
                ('municipality', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='regions.municipality')),
                ('prefecture', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='regions.prefecture')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('user', 'role', 'valid_from'),
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('municipality__isnull', False), ('role__in', ['staff', 'checker', 'coordinator', 'support_center', 'section', 'advisor']), ('bureau__isnull', True), ('prefecture__isnull', True)), models.Q(('prefecture__isnull', False), ('role', 'prefecture'), ('bureau__isnull', True), ('municipality__isnull', True)), models.Q(('bureau__isnull', False), ('role', 'bureau'), ('municipality__isnull', True), ('prefecture__isnull', True)), models.Q(('municipality__isnull', True), ('role', 'nation'), ('bureau__isnull', True), ('prefecture__isnull', True)), _connector='OR'), name='membership_place_fits_role'), models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='membership_ends_after_it_begins'), models.UniqueConstraint(fields=('municipality', 'id'), name='membership_town_id')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_membershipevent" ("bureau_id", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "post", "prefecture_id", "role", "user_id", "valid_from", "valid_until") VALUES (NEW."bureau_id", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."post", NEW."prefecture_id", NEW."role", NEW."user_id", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='76e5d796dd543e365d380e0b793f1f094306b7bc', operation='INSERT', pgid='pgtrigger_insert_insert_cd000', table='regions_membership', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_membershipevent" ("bureau_id", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "post", "prefecture_id", "role", "user_id", "valid_from", "valid_until") VALUES (NEW."bureau_id", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."post", NEW."prefecture_id", NEW."role", NEW."user_id", NEW."valid_from", NEW."valid_until"); RETURN NULL;', hash='7a5d38a68d3680dba79ece628d5b2d1df5b2cad1', operation='UPDATE', pgid='pgtrigger_update_update_0138b', table='regions_membership', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_membershipevent" ("bureau_id", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "post", "prefecture_id", "role", "user_id", "valid_from", "valid_until") VALUES (OLD."bureau_id", OLD."id", OLD."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."post", OLD."prefecture_id", OLD."role", OLD."user_id", OLD."valid_from", OLD."valid_until"); RETURN NULL;', hash='fea6037da79704e6f66d18db1174820d0872f4d2', operation='DELETE', pgid='pgtrigger_delete_delete_f79ab', table='regions_membership', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='SupportRound',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('scheme', models.CharField(blank=True, max_length=60, verbose_name='支援の区分')),
                ('theme', models.CharField(blank=True, max_length=200, verbose_name='取り組むこと')),
                ('goal', models.CharField(blank=True, max_length=200, verbose_name='この一年のめあて')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='support_rounds', to='regions.municipality')),
            ],
            options={
                'ordering': ('-year',),
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='supportround_town_id'), models.UniqueConstraint(fields=('municipality', 'year'), name='one_round_a_year')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_supportroundevent" ("created_at", "goal", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "scheme", "theme", "updated_at", "year") VALUES (NEW."created_at", NEW."goal", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."scheme", NEW."theme", NEW."updated_at", NEW."year"); RETURN NULL;', hash='dc95b7f04136b1362d39e0b5df08a8a842be4b54', operation='INSERT', pgid='pgtrigger_insert_insert_da267', table='regions_supportround', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_supportroundevent" ("created_at", "goal", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "scheme", "theme", "updated_at", "year") VALUES (NEW."created_at", NEW."goal", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."scheme", NEW."theme", NEW."updated_at", NEW."year"); RETURN NULL;', hash='c4cc8c55dce0c8096d8e4ac5af2be14260464439', operation='UPDATE', pgid='pgtrigger_update_update_45551', table='regions_supportround', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_supportroundevent" ("created_at", "goal", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "scheme", "theme", "updated_at", "year") VALUES (OLD."created_at", OLD."goal", OLD."id", OLD."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."scheme", OLD."theme", OLD."updated_at", OLD."year"); RETURN NULL;', hash='45e327d27a49b4c782219f9cd762f3bf513305a6', operation='DELETE', pgid='pgtrigger_delete_delete_55495', table='regions_supportround', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(max_length=40)),
                ('payload', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', '順番を待っています'), ('running', '作成中です'), ('done', 'できました'), ('refused', 'できませんでした'), ('failed', '途中で止まりました')], default='waiting', max_length=10)),
                ('step', models.CharField(blank=True, max_length=80, verbose_name='いまの作業')),
                ('reason', models.TextField(blank=True, verbose_name='できなかった理由')),
                ('result', models.JSONField(default=dict)),
                ('sent_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'running'])), fields=['sent_at'], name='jobs_not_ended')],
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='job_town_id')],
            },
        ),
        migrations.CreateModel(
            name='AdvisorNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('author_post', models.CharField(max_length=80)),
                ('text', models.TextField(max_length=2000, verbose_name='問い・コメント')),
                ('said_on', models.DateField()),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='町からの返事')),
                ('answered_at', models.DateTimeField(null=True)),
                ('phase', models.CharField(blank=True, choices=[('connect', 'つながる'), ('know', '知る'), ('emerge', 'うまれる')], max_length=10, verbose_name='段階')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('round', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='regions.supportround')),
            ],
            options={
                'ordering': ('said_on', 'id'),
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='advisornote_town_id'), regions.models.town.TownForeignKey(field='round', name='advisornote_round_town')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_advisornoteevent" ("answer", "answered_at", "answered_by_id", "author_id", "author_post", "created_at", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "said_on", "text", "updated_at") VALUES (NEW."answer", NEW."answered_at", NEW."answered_by_id", NEW."author_id", NEW."author_post", NEW."created_at", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."phase", NEW."round_id", NEW."said_on", NEW."text", NEW."updated_at"); RETURN NULL;', hash='3b08faae41be6de51403956dd391af88dbaa8bc2', operation='INSERT', pgid='pgtrigger_insert_insert_e69e7', table='regions_advisornote', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_advisornoteevent" ("answer", "answered_at", "answered_by_id", "author_id", "author_post", "created_at", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "said_on", "text", "updated_at") VALUES (NEW."answer", NEW."answered_at", NEW."answered_by_id", NEW."author_id", NEW."author_post", NEW."created_at", NEW."id", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."phase", NEW."round_id", NEW."said_on", NEW."text", NEW."updated_at"); RETURN NULL;', hash='09b416e2a940fb13f61f91e15f75a3b2e8daa3ea', operation='UPDATE', pgid='pgtrigger_update_update_aee78', table='regions_advisornote', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_advisornoteevent" ("answer", "answered_at", "answered_by_id", "author_id", "author_post", "created_at", "id", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "said_on", "text", "updated_at") VALUES (OLD."answer", OLD."answered_at", OLD."answered_by_id", OLD."author_id", OLD."author_post", OLD."created_at", OLD."id", OLD."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."phase", OLD."round_id", OLD."said_on", OLD."text", OLD."updated_at"); RETURN NULL;', hash='721b13d24d5a0164723ceae3151d0ff22098d5d6', operation='DELETE', pgid='pgtrigger_delete_delete_0ee49', table='regions_advisornote', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='PortraitEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('now', models.TextField(blank=True, verbose_name='地域の今')),
                ('aim', models.TextField(blank=True, verbose_name='あるべき姿')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='regions.portrait')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cd51d69a4b899a30f94136b7f83ddba638c163b6', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d35aa', table='regions_portraitevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SupportEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('apply', '申請'), ('decide', '決定'), ('prepare', '事前打合せ'), ('visit', '現地支援'), ('review', '振り返り'), ('report', '報告会'), ('other', 'その他')], max_length=10, verbose_name='区分')),
                ('phase', models.CharField(blank=True, choices=[('connect', 'つながる'), ('know', '知る'), ('emerge', 'うまれる')], max_length=10, verbose_name='段階')),
                ('date', models.DateField(verbose_name='日付')),
                ('title', models.CharField(max_length=120, verbose_name='内容')),
                ('attendees', models.CharField(blank=True, max_length=200, verbose_name='出席者')),
                ('memo', models.TextField(blank=True, verbose_name='記録')),
                ('homework', models.TextField(blank=True, verbose_name='次までの宿題')),
                ('done', models.BooleanField(default=False, verbose_name='終わった')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
                ('round', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='regions.supportround')),
            ],
            options={
                'ordering': ('date', 'id'),
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='supportevent_town_id'), regions.models.town.TownForeignKey(field='round', name='supportevent_round_town')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_supporteventevent" ("attendees", "created_at", "date", "done", "homework", "id", "kind", "memo", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "title", "updated_at") VALUES (NEW."attendees", NEW."created_at", NEW."date", NEW."done", NEW."homework", NEW."id", NEW."kind", NEW."memo", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'insert\', NEW."id", NEW."phase", NEW."round_id", NEW."title", NEW."updated_at"); RETURN NULL;', hash='c8db98c05872703704022632ccf28ae01bc60666', operation='INSERT', pgid='pgtrigger_insert_insert_2ca09', table='regions_supportevent', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "regions_supporteventevent" ("attendees", "created_at", "date", "done", "homework", "id", "kind", "memo", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "title", "updated_at") VALUES (NEW."attendees", NEW."created_at", NEW."date", NEW."done", NEW."homework", NEW."id", NEW."kind", NEW."memo", NEW."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'update\', NEW."id", NEW."phase", NEW."round_id", NEW."title", NEW."updated_at"); RETURN NULL;', hash='8bb75231fc3ea92252042db4d435acfb33b1a92c', operation='UPDATE', pgid='pgtrigger_update_update_171b0', table='regions_supportevent', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "regions_supporteventevent" ("attendees", "created_at", "date", "done", "homework", "id", "kind", "memo", "municipality_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "round_id", "title", "updated_at") VALUES (OLD."attendees", OLD."created_at", OLD."date", OLD."done", OLD."homework", OLD."id", OLD."kind", OLD."memo", OLD."municipality_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, CLOCK_TIMESTAMP(), \'delete\', OLD."id", OLD."phase", OLD."round_id", OLD."title", OLD."updated_at"); RETURN NULL;', hash='10b3e6661d6eb98ec1fc3e3b278e6c22655c4c4c', operation='DELETE', pgid='pgtrigger_delete_delete_c3064', table='regions_supportevent', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='SupportRoundEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('year', models.PositiveSmallIntegerField(verbose_name='年度')),
                ('scheme', models.CharField(blank=True, max_length=60, verbose_name='支援の区分')),
                ('theme', models.CharField(blank=True, max_length=200, verbose_name='取り組むこと')),
                ('goal', models.CharField(blank=True, max_length=200, verbose_name='この一年のめあて')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='regions.supportround')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='86161811219fa8139aa69fdcf891f9614dfddafb', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_6e79e', table='regions_supportroundevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='SupportEventEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('apply', '申請'), ('decide', '決定'), ('prepare', '事前打合せ'), ('visit', '現地支援'), ('review', '振り返り'), ('report', '報告会'), ('other', 'その他')], max_length=10, verbose_name='区分')),
                ('phase', models.CharField(blank=True, choices=[('connect', 'つながる'), ('know', '知る'), ('emerge', 'うまれる')], max_length=10, verbose_name='段階')),
                ('date', models.DateField(verbose_name='日付')),
                ('title', models.CharField(max_length=120, verbose_name='内容')),
                ('attendees', models.CharField(blank=True, max_length=200, verbose_name='出席者')),
                ('memo', models.TextField(blank=True, verbose_name='記録')),
                ('homework', models.TextField(blank=True, verbose_name='次までの宿題')),
                ('done', models.BooleanField(default=False, verbose_name='終わった')),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='regions.supportevent')),
                ('round', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.supportround')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b0d53f878df79718bbe13eca7307e8f2991084ae', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_3ca5f', table='regions_supporteventevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='AdvisorNoteEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('author_post', models.CharField(max_length=80)),
                ('text', models.TextField(max_length=2000, verbose_name='問い・コメント')),
                ('said_on', models.DateField()),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='町からの返事')),
                ('answered_at', models.DateTimeField(null=True)),
                ('phase', models.CharField(blank=True, choices=[('connect', 'つながる'), ('know', '知る'), ('emerge', 'うまれる')], max_length=10, verbose_name='段階')),
                ('answered_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('author', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('municipality', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='regions.advisornote')),
                ('round', regions.models.town.TownLink(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.supportround')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9e2cec6493757a24c0b9a16231e3c64afd1f602f', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_65d8d', table='regions_advisornoteevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='MembershipEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.BigIntegerField()),
                ('role', models.CharField(choices=[('staff', '町 担当'), ('checker', '町 確認者'), ('coordinator', '生活支援コーディネーター'), ('support_center', '地域包括支援センター'), ('section', '庁内他課'), ('prefecture', '都道府県 担当'), ('bureau', '厚生局 担当'), ('advisor', 'アドバイザー'), ('nation', '国・事務局')], max_length=20, verbose_name='役割')),
                ('post', models.CharField(blank=True, max_length=80, verbose_name='所属・職名')),
                ('valid_from', models.DateField(verbose_name='いつから')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='いつまで')),
                ('bureau', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.bureau')),
                ('municipality', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.municipality')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='regions.membership')),
                ('prefecture', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.prefecture')),
                ('user', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9cdd2ba5027a507e9d76541aca8374743543c1d0', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f0667', table='regions_membershipevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='HistoryDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('date', models.DateField(verbose_name='日付')),
                ('rows', models.PositiveIntegerField(verbose_name='この日までの記録の数')),
                ('sha256', models.CharField(max_length=64, verbose_name='指紋')),
                ('municipality', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.municipality')),
            ],
            options={
                'ordering': ('-date',),
                'constraints': [models.UniqueConstraint(fields=('municipality', 'id'), name='historydigest_town_id'), models.UniqueConstraint(fields=('municipality', 'date'), name='digest_once_a_day')],
                'triggers': [pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='59c7b90b74f817cc4ea460c686b5e45a8633475a', operation='UPDATE OR DELETE', pgid='pgtrigger_immutable_b7e61', table='regions_historydigest', when='BEFORE'))],
            },
        ),
        regions.people.history.InstallTriggers(
        ),
    ]
